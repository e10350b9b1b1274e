"""Settings: the core's own pages, and what every settings page is made with."""
