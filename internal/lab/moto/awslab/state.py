"""What the modules share: the command line's settings, the accounts set up, and what a reset has to clear."""

import threading


class Settings:
    """The command line's settings; server.py fills them in before anything else runs."""

    port = 0
    oracle = ""
    proxy = ""
    ca = ""
    async_backoff = 0.5
    role_delay = 0.0


settings = Settings()

accounts: set[str] = set()  # accounts that exist, for policies that name one

_resets = []
_locks: dict[tuple, threading.RLock] = {}
_guard = threading.Lock()


def on_reset(function):
    """Registers a function that a reset calls; usable as a decorator."""
    _resets.append(function)
    return function


def reset():
    """Forgets everything: accounts, keys, functions, stacks."""
    for function in _resets:
        function()
    accounts.clear()
    settings.role_delay = 0.0


def lock(*key):
    """The lock of that name: moto's backends are not written for threads."""
    with _guard:
        return _locks.setdefault(key, threading.RLock())
