"""`python -m reference_server`: the same as `parley serve`."""

import sys

from reference_server.main import main

if __name__ == "__main__":
    sys.exit(main())
