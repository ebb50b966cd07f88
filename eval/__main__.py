"""The command `yinde-eval` (also `python -m eval`)."""

import sys

from eval.cli import app
from index.errors import YindeError


def main() -> None:
    """Run the command; an error of ours is one line on stderr and exit code 2."""
    try:
        app()
    except YindeError as problem:
        print(f"错误：{problem}", file=sys.stderr)
        raise SystemExit(2) from None


if __name__ == "__main__":
    main()
