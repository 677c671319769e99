"""`python -m phingpt_bench`: the command `phingpt-bench`, where its script is not on the path."""

import sys

from phingpt_bench.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
