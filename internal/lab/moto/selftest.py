"""Shows that each group of the lab's Python half works: python3 internal/lab/moto/selftest.py [-v] [name ...]

Starts the oracle and the server; boto3 speaks to it over plain http with the real host names kept, as the lab's proxy does.
"""

import sys
import unittest

from selftests import access, cloudformation, customresources, data, functions, lifecycle, resourcetypes, storage

MODULES = (access, storage, data, cloudformation, resourcetypes, customresources, functions, lifecycle)

if __name__ == "__main__":
    loader = unittest.TestLoader()
    suite = unittest.TestSuite(loader.loadTestsFromModule(m) for m in MODULES)
    names = [a for a in sys.argv[1:] if not a.startswith("-")]
    if names:
        every = [case for group in suite for cases in group for case in cases]
        suite = unittest.TestSuite(c for c in every if any(n in c.id() for n in names))
    result = unittest.TextTestRunner(verbosity=2 if "-v" in sys.argv else 1).run(suite)
    sys.exit(not result.wasSuccessful())
