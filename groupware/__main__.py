"""`python -m groupware`: the same as the program `groupware`."""

import sys

from groupware.cli import main

sys.exit(main())
