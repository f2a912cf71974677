"""Let pyright check users' code; if it cannot be installed, say so."""

import subprocess
import sys

PYRIGHT = [sys.executable, "-m", "pyright"]


def main() -> int:
    # It downloads its own program from the npm registry, which a machine with PyPI alone does not reach.
    found = subprocess.run([*PYRIGHT, "--version"], capture_output=True, text=True)
    if found.returncode:
        print(f"pyright: skipped, it cannot be installed here: {found.stderr.strip().splitlines()[-1:]}")
        return 0
    print(found.stdout.strip())
    return subprocess.call([*PYRIGHT, "tests/typing/users.py"])


if __name__ == "__main__":
    sys.exit(main())
