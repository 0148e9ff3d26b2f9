"""``python -m caldframe`` is the command ``caldframe``."""

from __future__ import annotations

from caldframe.cli import main

if __name__ == "__main__":
    main(prog_name="caldframe")
