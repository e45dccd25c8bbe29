"""The ``undercut`` command."""

from __future__ import annotations


def main() -> None:
    """Run the command line and exit with its status."""
    from undercut.cli.app import main as run

    run()


if __name__ == "__main__":
    main()
