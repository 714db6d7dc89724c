"""Where this process works: on servers of one's own, or on the embedded ones of a folder."""

from pathlib import Path

from config.embedded.folders import working_folder
from config.embedded.installation import Installation
from config.environment import env

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = working_folder(BASE_DIR / "var")
EMBEDDED = not env.str("DATABASE_URL", default="")
HTTPS = env.bool("HTTPS", default=not EMBEDDED)
LOG_FORMAT = env.one_of("LOG_FORMAT", "plain", "json", default="plain" if EMBEDDED else "json")
installation = Installation.load_or_create(VAR_DIR) if EMBEDDED else None
