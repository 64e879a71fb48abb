"""python -m c2s_enrich.embedded"""

import sys

# The imports below would fail with a less helpful sentence.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("c2s-enrich needs Python 3.11 or newer; this one is older.")

from c2s_enrich.embedded.launch import main

sys.exit(main())
