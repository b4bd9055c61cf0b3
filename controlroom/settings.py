"""Settings of the control room; whatever differs between places comes from the environment.

Each variable is documented in docs/settings.md.
"""

from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.core.management.utils import get_random_secret_key

from .database import database_settings
from .env import env_bool, env_int, env_list, env_path, env_str, env_url, env_vault_keys, env_zone
from .languages import languages
from .mail import NOTICE_SERVICES, mail_settings
from .servers import VAULT_KEYS_FILE, known_servers, stored_secret

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

# What this process is: web, bot, worker, scheduler or command (anything else)
ROLE = env_str("CONTROLROOM_ROLE", "command")
DATA_DIR = env_path("CONTROLROOM_DATA_DIR", default=BASE_DIR / ".data")
SERVERS = known_servers(DATA_DIR)

DEBUG = env_bool("DEBUG", default=False)
SECRET_KEY = env_str("SECRET_KEY") or stored_secret(DATA_DIR) or get_random_secret_key()
# What secrets of assets are sealed with: keys said here, else those of the file. See docs/assets.md
VAULT_KEYS = env_vault_keys("CONTROLROOM_VAULT_KEYS")
VAULT_KEYS_PATH = DATA_DIR / VAULT_KEYS_FILE
PUBLIC_URL = env_url("PUBLIC_URL", schemes=("http", "https"))
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []
IS_HTTPS = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "django.contrib.staticfiles",
    "channels",
    "csp",
    "axes",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "django_htmx",
    "django_rq",
    "ninja",
    "template_partials",
    "controlroom",
    "apps.events",
    "apps.accounts",
    "apps.calendars",
    "apps.notices",
    "apps.operations",
    "apps.webhooks",
    "apps.retention",
    "apps.limits",
    "apps.bots",
    "apps.assets",
    "apps.queues",
    "apps.forecast",
    "apps.inbox",
    "apps.workflows",
    "apps.learning",
    "apps.ai",
    "apps.triggers",
    "apps.failures",
    "apps.alerts",
    "apps.landscape",
    "apps.dashboard",
    "apps.reports",
    "apps.search",
    "apps.audit",
    "apps.evidence",
    "apps.log",
    "apps.demo",
]

MIDDLEWARE = [
    "controlroom.middleware.RequestIdMiddleware",
    "controlroom.probes.ProbeMiddleware",
    "controlroom.middleware.PackedAnswersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "apps.accounts.middleware.PersonMiddleware",
    "controlroom.middleware.DomainErrorMiddleware",
    "controlroom.middleware.keep_filter",
    "axes.middleware.AxesMiddleware",
]
# API calls have tokens, not sessions; see controlroom/handlers.py
# Only what runs asynchronously: one that does not would put every call into a thread
API_MIDDLEWARE = [
    "controlroom.middleware.RequestIdMiddleware",
    "controlroom.middleware.DomainErrorMiddleware",
]

ROOT_URLCONF = "controlroom.urls"
ASGI_APPLICATION = "controlroom.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.template.context_processors.tz",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "controlroom.shell.shell",
            ],
        },
    },
]
FORM_RENDERER = "apps.lib.forms.Renderer"

DATABASES = {"default": database_settings(env_str("DATABASE_URL") or SERVERS.database_url, ROLE)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = (
    env_url("REDIS_URL", schemes=("redis", "rediss", "unix"))
    or SERVERS.redis_url
    or "redis://127.0.0.1:6379/0"
)

CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    # pages of documents, drawn once for all processes; forgotten after a day
    "pages": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": DATA_DIR / "cache" / "pages",
        "TIMEOUT": 24 * 3600,
        "OPTIONS": {"MAX_ENTRIES": 3000},
    },
}

# Passwords and sign-in
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "dashboard:overview"
LOGOUT_REDIRECT_URL = "accounts:sign_in"
# Lockout lives in PostgreSQL: a Redis that is flushed must not forgive a guessing attack.
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "apps.accounts.entry.lockout.answer_of_axes"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
# Second factors, passkeys and other services by django-allauth; its own pages are not reachable
ACCOUNT_ADAPTER = "apps.accounts.entry.adapters.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "apps.accounts.entry.social_adapter.SocialAdapter"
MFA_ADAPTER = "apps.accounts.entry.adapters.MfaAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = SOCIALACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = False
# ours count in PostgreSQL, for all web processes together
ACCOUNT_RATE_LIMITS = MFA_RATE_LIMITS = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
# a clock may be half a minute late or early
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True

# Sessions and cookies
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "controlroom_session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "controlroom_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_SSL_REDIRECT = False
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "controlroom.views.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        "manifest-src": [SELF],
    },
}

# Language and time
LANGUAGE_CODE = "en"
# A language is offered once its catalog is complete: half a page in another one helps nobody.
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = languages(LOCALE_PATHS[0])
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
ORGANISATION_TIME_ZONE = env_zone("TIME_ZONE", "UTC")
# what savings are counted in
CURRENCY = env_str("CURRENCY", "EUR")[:3].upper()

# Files
STATIC_URL = "static/"
STATIC_ROOT = env_path("STATIC_ROOT", default=DATA_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_MAX_AGE_SECONDS = 0 if DEBUG else 300
MEDIA_ROOT = DATA_DIR / "files"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "controlroom.assets.HashedStaticFiles"},
}
MAX_FILE_BYTES = env_int("MAX_FILE_MB", default=25, low=1, high=1024) * 1024 * 1024
# The batch call takes 32 MB; every other body is a form or a small JSON document.
MAX_BODY_BYTES = 32 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# Documents are for the control room's own user alone
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# Mail; without EMAIL_URL nothing is sent, and the pages say so
globals().update(mail_settings(env_str("EMAIL_URL")))
DEFAULT_FROM_EMAIL = env_str("EMAIL_FROM", "Control room <controlroom@localhost>")
EMAIL_SUBJECT_PREFIX = ""

# Redis: wake-ups only. Whatever it forgets, PostgreSQL knows.
RQ_QUEUES = {
    "background": {
        "URL": REDIS_URL,
        "SERIALIZER": "rq.serializers.JSONSerializer",
        "DEFAULT_RESULT_TTL": 0,
    },
}
RQ = {"JOB_CLASS": "apps.bots.transport.SafeJob", "COMMIT_MODE": "auto"}

LOGGING_CONFIG = "controlroom.logs.configure"
LOGGING: dict[str, Any] = {"level": env_str("LOG_LEVEL", "INFO"), "role": ROLE}

# Our own
ENVIRONMENT_TAG = env_str("ENVIRONMENT", "")
DEMO_ENABLED = env_bool("CONTROLROOM_DEMO", default=True)
# Whether a new demo sends itself an invoice every few seconds
DEMO_TRICKLE = env_bool("CONTROLROOM_TRICKLE", default=True)
# How many invoices the demo's flood is
DEMO_FLOOD = env_int("CONTROLROOM_FLOOD", default=2_000, low=1, high=10_000)
LOOPBACK_ONLY = env_bool("CONTROLROOM_LOOPBACK", default=False)
METRICS_TOKEN = env_str("METRICS_TOKEN")
# How long the history of what people did is kept; 0: for ever
HISTORY_MONTHS_KEPT = env_int("HISTORY_MONTHS_KEPT", default=0, high=1200)
LOG_MONTHS_KEPT = env_int("LOG_MONTHS_KEPT", default=6, high=1200)
# Where months go that are archived before they are dropped
ARCHIVE_DIR = env_path("ARCHIVE_DIR", default=DATA_DIR / "archives")
# Python modules with automations besides those of the installed apps (`<app>.automations`)
AUTOMATION_MODULES = env_list("AUTOMATION_MODULES", default=[])
# How long a person can take back what they decided in the browser; 0: decisions hold at once
INBOX_UNDO_SECONDS = env_int("INBOX_UNDO_SECONDS", default=8, high=600)
# How long a bot that is asked to end lets the item in hand take
BOT_DRAIN_SECONDS = env_int("BOT_DRAIN_SECONDS", default=6, high=3600)
# Whether models may be called over plain http elsewhere than on this machine
AI_ALLOW_HTTP = env_bool("CONTROLROOM_AI_ALLOW_HTTP", default=False)
# How long what was asked of models, and what they answered, is kept as text
AI_TEXT_DAYS_KEPT = env_int("CONTROLROOM_AI_TEXT_DAYS", default=30, low=1, high=3650)

# Which services of apprise people may add, by the scheme of their addresses. Never those that run
# programs, speak to this machine or read files.
NOTICE_SCHEMES = frozenset(env_list("NOTICE_SCHEMES", default=NOTICE_SERVICES))
# Hosts of the inner network that messages may go to
NOTICE_HOSTS = frozenset(name.lower() for name in env_list("NOTICE_HOSTS", default=[]))
NOTICE_DAYS_KEPT = env_int("NOTICE_DAYS_KEPT", default=90, low=1, high=3650)
# How many days bulk actions are kept with what became of each target
OPERATION_DAYS_KEPT = env_int("OPERATION_DAYS_KEPT", default=90, low=1, high=3650)
# Hosts of the inner network that outgoing webhooks may go to, over http as well
WEBHOOK_HOSTS = frozenset(name.lower() for name in env_list("WEBHOOK_HOSTS", default=[]))
# How many days what was told to webhooks is kept, with what became of it
WEBHOOK_DAYS_KEPT = env_int("WEBHOOK_DAYS_KEPT", default=30, low=4, high=3650)
# How many days the start logs of triggers are kept
FIRING_DAYS_KEPT = env_int("FIRING_DAYS_KEPT", default=90, low=1, high=3650)
# How many days alerts that are over are kept
ALERT_DAYS_KEPT = env_int("ALERT_DAYS_KEPT", default=365, low=1, high=3650)
# What is called while all is well, so that somebody elsewhere notices when it is not
HEARTBEAT_URL = env_url("HEARTBEAT_URL", schemes=("http", "https"))
HEARTBEAT_SECONDS = env_int("HEARTBEAT_SECONDS", default=60, low=15, high=3600)
# How long a call to a webhook may take to arrive
WEBHOOK_BODY_SECONDS = env_int("WEBHOOK_BODY_SECONDS", default=10, low=1, high=300)
# The folder below which triggers may watch others for files
WATCHED_DIR = env_path("WATCHED_DIR", default=DATA_DIR / "drop")
# Mail servers that triggers may sign in to, and how often they look
MAIL_HOSTS = frozenset(name.lower() for name in env_list("MAIL_HOSTS", default=[]))
MAIL_POLL_SECONDS = env_int("MAIL_POLL_SECONDS", default=60, low=1, high=86_400)

SILENCED_SYSTEM_CHECKS: list[str] = []
