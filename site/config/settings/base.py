"""Settings that every installation shares. What differs between them comes from the environment (`config.env`)."""

from __future__ import annotations

from pathlib import Path

from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

from config import env

ROOT = Path(__file__).resolve().parents[3]
VAR_DIR = env.VAR_DIR
SECRET_KEY = env.secret_key()
DEBUG = False
#: Whether this is a real installation: the rules of `config.checks` for one hold.
PRODUCTION = False
ALLOWED_HOSTS = env.allowed_hosts()
SITE_URL = env.site_url()

INSTALLED_APPS = [
    # ours, from the roof down
    "config", "demo", "search", "cms_pages", "workflow", "documents", "people", "journal", "theme",
    # Wagtail
    "wagtail.contrib.redirects", "wagtail.contrib.settings", "wagtail.contrib.search_promotions",
    "wagtail.embeds", "wagtail.sites", "wagtail.users", "wagtail.snippets", "wagtail.images", "wagtail.search",
    # Only because wagtail-localize names it; its screens are closed: files lie in the library.
    "wagtail.documents",
    "wagtail.admin", "wagtail_localize", "wagtail", "wagtail_modeladmin", "modelcluster", "taggit", "treebeard",
    # libraries
    "guardian", "filer", "easy_thumbnails", "procrastinate.contrib.django", "django_htmx", "django_filters", "csp",
    "allauth", "allauth.account", "allauth.mfa", "allauth.usersessions", "axes",
    # Django
    "people.django_admin.LibraryAdminConfig", "django.contrib.auth", "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages", "django.contrib.staticfiles", "django.contrib.postgres", "django.contrib.humanize",
    "django.contrib.sitemaps",
]

#: How many proxies of our own stand in front; the client's address is what the outermost of them saw.
TRUSTED_PROXIES = env.trusted_proxies(0)
MIDDLEWARE = [
    "people.middleware.ClientAddressMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.csp.PolicyMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "cms_pages.page_cache.PageCacheMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "cms_pages.languages.AddressLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "config.whole.WholeBodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "cms_pages.page_cache.ReaderMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "people.middleware.AccessMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "wagtail.contrib.settings.context_processors.settings",
                "config.context.portal",
            ],
        },
    }
]

DATABASES = {"default": env.database_config()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
#: Limits of tries live here too: with Django's 300 entries it would forget them under load.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache",
                      "OPTIONS": {"MAX_ENTRIES": 100_000}}}

#: How long a finished page of the portal is kept for readers of whom nothing is known, and how late a process may
#: hear that pages have changed; seconds, 0 keeps nothing.
PAGE_CACHE_SECONDS = env.page_cache_seconds(30)
PAGE_CACHE_LAG = 1

# --- people -----------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
GUARDIAN_MONKEY_PATCH_USER = False
GUARDIAN_MONKEY_PATCH_GROUP = False
ANONYMOUS_USER_NAME = None
#: Access asks guardian's tables itself; `user.has_perm` is not asked about units.
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
#: A change of what opens an account is told to its address; nobody can switch that off.
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_ADAPTER = "people.login.AccountAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
#: A passkey is two factors in one only when its device proves who holds it.
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_ADAPTER = "people.passkeys.MFAAdapter"
MFA_FORMS = {
    "add_webauthn": "people.passkeys.AddPasskeyForm", "edit_webauthn": "people.passkeys.RenamePasskeyForm",
    "login_webauthn": "people.passkeys.LoginPasskeyForm", "authenticate_webauthn": "people.passkeys.SecondPasskeyForm",
    "reauthenticate_webauthn": "people.passkeys.AgainPasskeyForm",
}
MFA_TOTP_ISSUER = "Obieg"
#: One code before and one after the current one, for phones whose clock is off and people who type slowly.
MFA_TOTP_TOLERANCE = 1
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/moje-sprawy/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = False
AXES_USERNAME_CALLABLE = "people.login.attempted_name"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 1
#: The address in REMOTE_ADDR is right already; the API's limits take it as it is.
NINJA_NUM_PROXIES = 0
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
#: Whether staff must give a second factor. Waived only in a demo town, which says so in a banner.
STAFF_SECOND_FACTOR = True
DEMO_TOWN = False

# --- languages and time ---------------------------------------------------------------------------------------
LANGUAGE_CODE = "pl"
LANGUAGES = [("pl", _("Polish")), ("en", _("English")), ("uk", _("Ukrainian"))]
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES
WAGTAILADMIN_PERMITTED_LANGUAGES = [("pl", "polski"), ("en", "English")]
USE_I18N = True
TIME_ZONE = "Europe/Warsaw"
USE_TZ = True

# --- files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_URL = "/media/"
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = env.storages_config(VAR_DIR)
#: Record files (blobs), content-addressed: this folder, or `STORAGES["records"]` where STORAGE_URL is set.
BLOB_DIR = VAR_DIR / "blobs"
#: Prefix of the internal location by which the web server in front sends them once we said yes; empty: we send them.
X_ACCEL_RECORDS = env.x_accel_records()
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_TEMP_DIR = env.upload_temp_dir(VAR_DIR)
FILER_ENABLE_PERMISSIONS = True
FILER_IS_PUBLIC_DEFAULT = False
CLAMD_URL = env.clamd_url()

# --- mail -----------------------------------------------------------------------------------------------------
vars().update(env.email_config(VAR_DIR))
DEFAULT_FROM_EMAIL = env.from_email()
#: Who sends text messages (`journal.sms`).
SMS = env.sms_config()

# --- search ---------------------------------------------------------------------------------------------------
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
ELASTICSEARCH_URL = env.elasticsearch_url()
ELASTICSEARCH_INDEX = env.elasticsearch_index()

# --- jobs and journal -----------------------------------------------------------------------------------------
TASKS = {"default": {"BACKEND": "journal.jobs.ProcrastinateBackend"}}
#: Jobs are looked for in each app's `jobs` module.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
#: Past these ages (seconds) intake says that it cannot promise a receipt, before it accepts.
OLDEST_PENDING_LIMIT = 15 * 60
OLDEST_UNSIGNED_RECEIPT_LIMIT = 60 * 60
#: How long (seconds) a process remembers what `journal.brief` says stands still: offers, health.
BRIEFLY = 2
OBIEG_KEYRING = env.keyring_config()
#: Signed checkpoints are copied here, best to another machine.
CHECKPOINT_DIR = env.checkpoint_dir(VAR_DIR)
#: Who may read /metrics.
METRICS_TOKEN = env.metrics_token()
METRICS_NETWORKS = env.metrics_networks()
#: Networks of our own whose machines webhooks may call.
WEBHOOK_NETWORKS = env.webhook_networks()

# --- Wagtail --------------------------------------------------------------------------------------------------
WAGTAIL_SITE_NAME = "Obieg"
WAGTAILADMIN_BASE_URL = SITE_URL
WAGTAIL_I18N_ENABLED = True
#: A new translation is a draft: what is live in Polish was not read by anybody in another language.
WAGTAILLOCALIZE_SYNC_LIVE_STATUS_ON_TRANSLATE = False
WAGTAILLOCALIZE_DISABLE_ON_DELETE = True
WAGTAIL_WORKFLOW_ENABLED = True
WAGTAIL_FINISH_WORKFLOW_ACTION = "cms_pages.finish.publish_approved"
WAGTAIL_WORKFLOW_REQUIRE_REAPPROVAL_ON_EDIT = True
WAGTAILADMIN_COMMENTS_ENABLED = True
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_ENABLE_WHATS_NEW_BANNER = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
WAGTAIL_PASSWORD_MANAGEMENT_ENABLED = False
WAGTAIL_PASSWORD_RESET_ENABLED = False
WAGTAIL_EMAIL_MANAGEMENT_ENABLED = False
WAGTAILADMIN_LOGIN_URL = "account_login"
WAGTAIL_USER_TIME_ZONES = ["Europe/Warsaw"]

#: The translators' screens ask through it; JSON only, since its own pages are not installed.
REST_FRAMEWORK = {"DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"]}

#: Whether the weekly look at links may ask other sites.
CHECK_OUTSIDE_LINKS = env.check_outside_links()

# --- security -------------------------------------------------------------------------------------------------
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
X_FRAME_OPTIONS = "SAMEORIGIN"
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: [] for name in ("camera", "geolocation", "microphone", "payment", "usb")
}
#: The two scripts that stand in every page of the portal (the chosen look, messages closed before), by their digests:
#: a nonce would make each answer another one.
INLINE_SCRIPTS = [
    "'sha256-szqfLG8BIRAx1Em65/5AdBj0yIbvqPEQS45X/kghxDQ='",
    "'sha256-QbSLiKB66NxJEY/t9Zla5bSa0cnypUFmN40QCoQP2GY='",
]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF], "script-src": [SELF, NONCE, *INLINE_SCRIPTS], "style-src": [SELF, NONCE],
        "img-src": [SELF, "data:"], "font-src": [SELF], "connect-src": [SELF], "object-src": [NONE], "base-uri": [NONE],
        "form-action": [SELF], "frame-ancestors": [SELF],
    }
}

LOGGING = {
    "version": 1, "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
