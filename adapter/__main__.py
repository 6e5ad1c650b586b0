"""`python -m adapter` does what the command `adapter` does."""

from adapter.cli import main

if __name__ == "__main__":
    main()
