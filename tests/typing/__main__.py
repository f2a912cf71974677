"""Let pyright read users' code; where it cannot be had, say so."""

import subprocess
import sys

PYRIGHT = [sys.executable, "-m", "pyright"]


def main() -> int:
    # It brings its own program from the npm registry, which a machine with PyPI alone does not reach.
    found = subprocess.run([*PYRIGHT, "--version"], capture_output=True, text=True)
    if found.returncode:
        print(f"pyright: skipped, it cannot be had here: {found.stderr.strip().splitlines()[-1:]}")
        return 0
    print(found.stdout.strip())
    return subprocess.call([*PYRIGHT, "tests/typing/users.py"])


if __name__ == "__main__":
    sys.exit(main())
