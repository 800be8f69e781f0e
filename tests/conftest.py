"""What every test needs: no user's keyring, no screen, no stray warnings, a debugging event loop."""

from __future__ import annotations

import os

# Before anything of the product or of Qt is imported.
os.environ["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("PYTHONASYNCIODEBUG", "1")

pytest_plugins = ["tests.support.logfail"]
