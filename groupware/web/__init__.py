"""The edge to the browser: requests come in here, everything behind it knows no HTTP."""
