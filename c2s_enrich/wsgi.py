import gc
import os

from django.core.wsgi import get_wsgi_application

# as in manage.py
gc.disable()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "c2s_enrich.settings")
application = get_wsgi_application()

from c2s_enrich.checks import refuse_what_is_wrong  # noqa: E402  the settings are read by the line above
from c2s_enrich.pool import statements_end  # noqa: E402

refuse_what_is_wrong()
statements_end()
