r"""``python -m press``."""

import sys

from press.cli import main

sys.exit(main())
