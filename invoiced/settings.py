"""The one settings file. Unset means safe; what is missing is asked for in a sentence. docs/settings.md."""

import os

from csp.constants import NONCE, NONE, SELF

from invoiced import addresses, logs
from invoiced.env import BASE_DIR, Environment
from security import destinations, keyring, passwords

env = Environment(os.environ)
DATA_DIR = env.data_dir
# The tree of the two logs, which everybody may read, and the key that signs it, which only the sealer may.
LOG_DIR = env.folder("LOG_DIR", default=DATA_DIR / "log")
SEALER_DIR = env.folder("SEALER_DIR", default=DATA_DIR / "sealer")

# This installation
DEBUG = False
DEMO = env.boolean("DEMO", default=False)
SITE = addresses.site(env.address("SITE_URL", hint=addresses.SITE_HINT), demo=DEMO)
SITE_URL = SITE.geturl()
HTTPS = SITE.scheme == "https"
ALLOWED_HOSTS = addresses.hosts(env.words("ALLOWED_HOSTS", default=[str(SITE.hostname)]))
TRUSTED_PROXIES = env.integer("TRUSTED_PROXIES", default=0, low=0, high=5)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUSTED_PROXIES else None
LISTEN = addresses.listen(env.text("LISTEN", default="127.0.0.1:8000"))
WEB_WORKERS = env.integer("WEB_WORKERS", default=2, low=1, high=64)
WEB_THREADS = env.integer("WEB_THREADS", default=4, low=1, high=64)
LOGGING = logs.configuration(env.choice("LOG_LEVEL", default="INFO", options=("DEBUG", "INFO", "WARNING", "ERROR")))

# Secrets
MAKE_ONE = "Make one with: openssl rand -hex 32"
SECRET_KEY = env.secret("SECRET_KEY", least=50, hint=MAKE_ONE)
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS", least=50, hint=MAKE_ONE)
ENCRYPTION_KEYS = env.secret("ENCRYPTION_KEYS", least=40, hint='Make one with: echo "1:$(openssl rand -base64 32)"')
keyring.parse(ENCRYPTION_KEYS)

# Data
DATABASES = {
    "default": addresses.database(
        env.address("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'invoiced.sqlite3'}", hint=addresses.DATABASE_HINT),
        env.given("DATABASE_PASSWORD"),
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
STATIC_URL = "/static/"
STATIC_ROOT = env.folder("STATIC_ROOT", default=DATA_DIR / "static")
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": DATA_DIR / "files", "base_url": None},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage",
        # Made by the one who installs, read by the one who serves.
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}

# Mail
EMAIL_FROM = addresses.sender(env.text("EMAIL_FROM", default=f"Invoiced <invoices@{SITE.hostname}>"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = EMAIL_FROM
vars().update(
    addresses.mail(
        env.address("EMAIL_URL", default=f"file://{DATA_DIR / 'mail'}" if DEMO else None, hint=addresses.EMAIL_HINT)
    )
)

# Tasks
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "OPTIONS": {"id_function": "security.ids.uuid7"}}}

# What leaves for addresses that people configure, and the witness of the log
OUTBOUND_ALLOWED = destinations.parse_allowed(env.words("OUTBOUND_ALLOWED", default=[]))
WITNESS_URL, WITNESS_KEY = addresses.witness(env.given("WITNESS_URL"), env.given("WITNESS_KEY"))

# Apps, and the way of a request through them
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "csp",
    "django_htmx",
    "django_otp",
    "django_tasks",
    "django_tasks_db",
    "security.apps.SecurityConfig",
    "audit.apps.AuditConfig",
    "accounts.apps.AccountsConfig",
    "django_otp_webauthn",
    "billing.apps.BillingConfig",
    "portal.apps.PortalConfig",
    "invoiced.apps.InvoicedConfig",
]
MIDDLEWARE = [
    "csp.middleware.CSPMiddleware",
    "security.middleware.RequestId",
    "security.middleware.SecurityHeaders",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "invoiced.middleware.MethodNotAllowedPage",
    "security.middleware.Utf8Only",
    "security.middleware.NoNulInPath",
    "security.middleware.AllowedMethods",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "invoiced.middleware.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "accounts.middleware.AccessMiddleware",
    "security.middleware.DeclaredViews",
]
ROOT_URLCONF = "invoiced.urls"
WSGI_APPLICATION = "invoiced.wsgi.application"
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
                "csp.context_processors.nonce",
                "accounts.context.access",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# People and their sessions
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "billing:dashboard"
AUTH_PASSWORD_VALIDATORS = passwords.VALIDATORS
PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
SESSION_ENGINE = "accounts.session_store"
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "session"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrf"
CSRF_COOKIE_AGE = None
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
# Lax, so that following a link from a letter does not replace it and undo the forms open in other tabs.
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "invoiced.views.form_out_of_date"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Passkeys are bound to this host name; another name would need new ones.
OTP_WEBAUTHN_RP_ID = SITE.hostname
OTP_WEBAUTHN_RP_NAME = "Invoiced"
OTP_WEBAUTHN_ALLOWED_ORIGINS = [SITE_URL]
OTP_WEBAUTHN_HELPER_CLASS = "accounts.passkeys.Ceremony"

# What browsers are told
SECURE_SSL_REDIRECT = HTTPS
# Programs are refused over http, not redirected: a key that crossed the network in the clear should not go unnoticed.
SECURE_REDIRECT_EXEMPT = ["^health/$", "^api/"]
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [NONCE],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "object-src": [NONE],
        # HTML enters a page only through the two policies of static/js/trusted-types.js.
        "require-trusted-types-for": ["'script'"],
        "trusted-types": ["fragment", "default"],
    }
}

# Words, days and times
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["invoiced.formats"]
USE_TZ = True
TIME_ZONE = "UTC"

env.refuse_unknown()
