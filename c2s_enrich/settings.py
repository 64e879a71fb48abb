"""Every setting of the service. Names and defaults are listed in `.env.example` and in the README."""

from datetime import timedelta
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from c2s_enrich import env as reading
from c2s_enrich.admin_site import UNFOLD  # noqa: F401  read by django-unfold
from c2s_enrich.logs import logging_config
from c2s_enrich.openapi_words import DESCRIPTION, SECURITY_SCHEMES, TAGS
from c2s_enrich.pool import look_again
from c2s_enrich.version import VERSION

env = reading.environment()
BASE_DIR = reading.BASE_DIR
PRODUCTION = env.production
DATA_DIR = Path(env.str("DATA_DIR", str(BASE_DIR / "var")))
ERASURE_LOG = Path(env.str("ERASURE_LOG", str(DATA_DIR / "erasures.log")))
PG_BIN_DIR = env.str("PG_BIN_DIR", "")

# --- secrets and doors
SECRET_KEY = env.secret("SECRET_KEY", development="development-only-and-never-in-production-" + "x" * 20)
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
SUPPRESSION_KEYS = env.list("SUPPRESSION_KEY", default=[])
WEBHOOK_SECRETS = [s for s in env.secret("WEBHOOK_SECRET").split(",") if s]  # several are valid while rotating
GOOGLE_ADS_WEBHOOK_KEYS = [s for s in env.str("GOOGLE_ADS_WEBHOOK_KEY", "").split(",") if s]
ALLOWED_HOSTS = [h for h in env.mandatory("ALLOWED_HOSTS", development="*").split(",") if h]
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", 0)
BOOTSTRAP_ADMIN_PASSWORD = env.str("BOOTSTRAP_ADMIN_PASSWORD", "")
BI_PASSWORD = env.str("BI_PASSWORD", "")
BOOTSTRAP_API_KEY = env.str("BOOTSTRAP_API_KEY", "")

# --- providers
C2S_TOKEN = env.secret("C2S_TOKEN")
C2S_BASE_URL = env.str("C2S_BASE_URL", "https://api.contact2sale.com").rstrip("/")
CRM_LEAD_URL = env.str("CRM_LEAD_URL", "")
C2S_DESCRIPTION_MAX_LENGTH = env.int("C2S_DESCRIPTION_MAX_LENGTH", 5000)
DIRETRIX_BASE_URL = env.mandatory("DIRETRIX_BASE_URL").rstrip("/")
DIRETRIX_USER = env.secret("DIRETRIX_USER")
DIRETRIX_PASS = env.secret("DIRETRIX_PASS")
WORK_API = env.secret("WORK_API")
WORK_API_BASE_URL = env.str("WORK_API_BASE_URL", "https://completa.workbuscas.com").rstrip("/")
ALLOW_HTTP_PROVIDERS = env.bool("ALLOW_HTTP_PROVIDERS", False)
PRICE_DIRETRIX = env.decimal("PRICE_DIRETRIX", "0")
PRICE_WORK_API = env.decimal("PRICE_WORK_API", "0")

# --- how hard each may be asked: 0 is no limit, an empty budget none
C2S_RATE = env.str("C2S_RATE", "2/second")
DIRETRIX_RATE = env.str("DIRETRIX_RATE", "0")
WORK_API_RATE = env.str("WORK_API_RATE", "0")
C2S_CONCURRENCY = env.int("C2S_CONCURRENCY", 10)
DIRETRIX_CONCURRENCY = env.int("DIRETRIX_CONCURRENCY", 10)
WORK_API_CONCURRENCY = env.int("WORK_API_CONCURRENCY", 5)
DIRETRIX_BUDGET_DAY = env.money("DIRETRIX_BUDGET_DAY")
DIRETRIX_BUDGET_MONTH = env.money("DIRETRIX_BUDGET_MONTH")
WORK_API_BUDGET_DAY = env.money("WORK_API_BUDGET_DAY")
WORK_API_BUDGET_MONTH = env.money("WORK_API_BUDGET_MONTH")
BREAKER_FAILURES = env.int("BREAKER_FAILURES", 5)
BREAKER_OPEN_SECONDS = env.int("BREAKER_OPEN_SECONDS", 10)

# --- what we make of it
INCOME_MULTIPLIER = env.decimal("INCOME_MULTIPLIER", "1.9")
NAME_MATCH_MIN = env.float("NAME_MATCH_MIN", 0.5)
SHARED_CONTACT_MAX = env.int("SHARED_CONTACT_MAX", 5)
ON_CONFLICT = env.str("ON_CONFLICT", "post")  # post | hold
ON_DOUBT = env.str("ON_DOUBT", "post")  # post | hold
REFRESH_AFTER_DAYS = env.int("REFRESH_AFTER_DAYS", 90)
NOTIFY_NOT_FOUND = env.bool("NOTIFY_NOT_FOUND", False)
RESEND_AFTER_HOURS = env.int("RESEND_AFTER_HOURS", 24)
DELIVERY = env.str("DELIVERY", "send")  # send | shadow
SHADOW_SENDER = env.str("SHADOW_SENDER", "")

# --- telling those who look after it
ALERT_WEBHOOK_URL = env.str("ALERT_WEBHOOK_URL", "")
ALERT_EMAIL_TO = env.list("ALERT_EMAIL_TO", default=[])
ALERT_EMAIL_FROM = env.str("ALERT_EMAIL_FROM", "c2s-enrich@localhost")
ALERT_LANGUAGE = env.str("ALERT_LANGUAGE", "pt-br")
ALERT_LOOK_SECONDS = env.float("ALERT_LOOK_SECONDS", 30)
PUBLIC_URL = env.str("PUBLIC_URL", "").rstrip("/")
HIGH_VALUE_INCOME = env.money("HIGH_VALUE_INCOME")
HIGH_VALUE_PROPERTIES = env.int("HIGH_VALUE_PROPERTIES", 0)
_MAIL = reading.mail_server(env.str("SMTP_URL", ""))
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL, EMAIL_TIMEOUT = _MAIL.starts_tls, _MAIL.is_tls, 5

# --- privacy: how long what is kept, in days, 0 for as long as nobody asks for erasure; and on what ground
RETENTION_EVENTS = env.int("RETENTION_EVENTS", 180)
RETENTION_MESSAGES = env.int("RETENTION_MESSAGES", 730)
RETENTION_RUNS = env.int("RETENTION_RUNS", 365)
RETENTION_CALLS = env.int("RETENTION_CALLS", 730)
RETENTION_ANSWERS = env.int("RETENTION_ANSWERS", 180)
RETENTION_PROFILES = env.int("RETENTION_PROFILES", 365)
RETENTION_LEADS = env.int("RETENTION_LEADS", 0)
RETENTION_CHANGES = env.int("RETENTION_CHANGES", 1825)
RETENTION_REQUESTS = env.int("RETENTION_REQUESTS", 1825)
RETENTION_ACCESS_LOG = env.int("RETENTION_ACCESS_LOG", 730)
RETENTION_LOG_INS = env.int("RETENTION_LOG_INS", 180)
RETENTION_IMPORTS = env.int("RETENTION_IMPORTS", 30)
RETENTION_HOUR = env.int("RETENTION_HOUR", 3)
LEGAL_BASIS_C2S = env.str("LEGAL_BASIS_C2S", "legitimate_interest")
LEGAL_BASIS_GOOGLE_ADS = env.str("LEGAL_BASIS_GOOGLE_ADS", "consent")
LEGAL_BASIS_REST = env.str("LEGAL_BASIS_REST", "legitimate_interest")
LEGAL_BASIS_IMPORT = env.str("LEGAL_BASIS_IMPORT", "legitimate_interest")
PURPOSE_C2S = env.str("PURPOSE_C2S", "")
PURPOSE_GOOGLE_ADS = env.str("PURPOSE_GOOGLE_ADS", "")
PURPOSE_REST = env.str("PURPOSE_REST", "")
PURPOSE_IMPORT = env.str("PURPOSE_IMPORT", "")

# --- files that staff bring in
IMPORT_MAX_MB = env.int("IMPORT_MAX_MB", 200)

# --- remembering
REDIS_URL = env.str("REDIS_URL", "")
CACHE_TTL_KNOWN = env.int("CACHE_TTL_KNOWN", 24 * 3600)
CACHE_TTL_UNKNOWN = env.int("CACHE_TTL_UNKNOWN", 3600)
WARM_CACHE_ON_START = env.int("WARM_CACHE_ON_START", 0)
CACHE_TIMEOUT_MS = env.int("CACHE_TIMEOUT_MS", 50)
CACHES = {"default": reading.cache(REDIS_URL, max_entries=50_000, timeout=CACHE_TIMEOUT_MS / 1000)}

# --- working
# a dotted path to call between two steps of a run: where tests let a worker die
FAULT_HOOK = env.str("FAULT_HOOK", "")
PROCESS_WAIT_SECONDS = env.int("PROCESS_WAIT_SECONDS", 30)
RECONCILE_MINUTES = env.int("RECONCILE_MINUTES", 15)
ANALYTICS_REFRESH_MINUTES = env.int("ANALYTICS_REFRESH_MINUTES", 60)
RUN_LEASE_SECONDS = env.int("RUN_LEASE_SECONDS", 20)
WEB_STATEMENT_SECONDS = env.int("WEB_STATEMENT_SECONDS", 30)
WEB_THREADS = env.int("WEB_THREADS", 8)  # as many as gunicorn was started with
WORKER_CONCURRENCY = env.int("WORKER_CONCURRENCY", 20)
DISK_FREE_MIN_MB = env.int("DISK_FREE_MIN_MB", 1024)
RETRY_LADDER = env.list("RETRY_LADDER", cast=int, default=[60, 300, 1800, 7200, 28800])

POOL = {
    "min_size": 0,
    "max_size": env.int("DB_POOL_SIZE", 20),
    "max_idle": 30,
    "timeout": env.int("DB_POOL_WAIT", 10),
    # else its pauses between attempts grow to minutes, and a database that is back goes unnoticed as long
    "reconnect_timeout": 1.0,
    "reconnect_failed": look_again,
}
DATABASES = {"default": reading.database(env, **POOL), **reading.other_databases(env, **POOL)}
DATABASE_ROUTERS = ["c2s_enrich.replica.ReplicaRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "procrastinate.contrib.django",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "c2s_enrich",
    "parties",
    "enrichment",
    "webhooks",
]
MIDDLEWARE = [
    "c2s_enrich.middleware.SecretPathMiddleware",
    "c2s_enrich.short_way.ShortWayMiddleware",
    "c2s_enrich.request_id.RequestIdMiddleware",
    "c2s_enrich.middleware.SecurityHeadersMiddleware",
    "c2s_enrich.middleware.PrivateAnswersMiddleware",
    "c2s_enrich.middleware.ProbesMiddleware",
    "c2s_enrich.tracing.TraceMiddleware",
    "c2s_enrich.request_times.RequestTimesMiddleware",
    "c2s_enrich.middleware.ReadableMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "c2s_enrich.idle.IdleSessionMiddleware",
    "c2s_enrich.second_factor.SecondFactorMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "c2s_enrich.urls"
WSGI_APPLICATION = "c2s_enrich.wsgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AUTHENTICATION_BACKENDS = [
    "c2s_enrich.spraying.SprayingBackend",
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]

# --- logging in
LOGIN_URL, LOGIN_REDIRECT_URL = "admin:login", "admin:index"
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", 60)
SESSION_COOKIE_AGE = 7 * 24 * 3600  # however busy
ADMIN_TOTP_REQUIRED = env.bool("ADMIN_TOTP_REQUIRED", False)
OTP_TOTP_ISSUER = "c2s-enrich"
AXES_FAILURE_LIMIT = env.int("LOGIN_FAILURES_MOST", 5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("LOGIN_LOCK_MINUTES", 15))
# an office shares one address, and a stranger must not be able to lock somebody out
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_CLIENT_IP_CALLABLE = "c2s_enrich.throttling.address_of"
AXES_LOCKOUT_CALLABLE = "c2s_enrich.second_factor.locked_out"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False

# --- language, time, files
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = [("en", _("English")), ("pt-br", _("Brazilian Portuguese"))]
TIME_ZONE = "America/Sao_Paulo"
USE_TZ = True
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", str(DATA_DIR / "static")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
FILE_UPLOAD_HANDLERS: list[str] = []  # nobody has files to send us: what comes all the same is dropped unread
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# --- the browser is told to be careful
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = PRODUCTION
# a browser takes such a cookie from this very host alone, over https
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = ("__Host-session", "__Host-csrf") if PRODUCTION else ("sessionid", "csrftoken")
CSRF_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^health/?$", r"^ready/?$"]  # asked by the machine's own probes over plain HTTP
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["c2s_enrich.api_keys.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["c2s_enrich.api_keys.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["c2s_enrich.bodies.LimitedJSONParser"],
    "DEFAULT_METADATA_CLASS": None,  # OPTIONS tells nothing, to nobody
    "DEFAULT_SCHEMA_CLASS": "c2s_enrich.openapi.Schema",
    "EXCEPTION_HANDLER": "c2s_enrich.errors.answer_for_exception",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "c2s-enrich",
    "DESCRIPTION": DESCRIPTION,
    "VERSION": VERSION,
    "OAS_VERSION": "3.1.0",
    "TAGS": TAGS,
    "SECURITY": [],
    "APPEND_COMPONENTS": {"securitySchemes": SECURITY_SCHEMES},
    "POSTPROCESSING_HOOKS": ["c2s_enrich.openapi.completed"],
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
}

# --- being watched
SENTRY_DSN = env.str("SENTRY_DSN", "")
OTEL_EXPORTER_OTLP_ENDPOINT = env.str("OTEL_EXPORTER_OTLP_ENDPOINT", "")
LOG_LEVEL = env.str("LOG_LEVEL", "INFO").upper()
LOGGING_CONFIG = None
logging_config(level=LOG_LEVEL, as_json=PRODUCTION)

env.refuse_if_incomplete()
