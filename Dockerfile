# The application, one image for web, worker, beat, dispatcher and migrate; and the proxy in front of it.
# Nothing secret goes in: secrets are files that come at run time (docs/how-to/deploy.md).

FROM node:24.11.1-bookworm-slim AS browser_files
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts --no-progress

FROM python:3.11.14-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /app
COPY requirements/base.txt requirements/base.txt
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps --only-binary :all: --require-hashes -r requirements/base.txt
COPY manage.py pyproject.toml ./
COPY config config
COPY clinic clinic
COPY scheduling scheduling
COPY notifications notifications
COPY web web
COPY locale locale
COPY --from=browser_files /app/node_modules node_modules
# Settings want an address and a key to load; this step opens no connection and signs nothing that is kept.
RUN DATABASE_URL=postgres://nobody@nowhere/nothing SECRET_KEY=for-this-step-only \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /opt/venv/bin/python -m compileall -q -j 0 /app/config /app/clinic /app/scheduling /app/notifications /app/web

FROM caddy:2.10.2-alpine AS proxy
# It listens above 1024, so the program needs no capability; a file that has one does not start without it.
RUN setcap -r /usr/bin/caddy \
    && adduser -D -H -u 10002 proxy \
    && mkdir -p /data/caddy \
    && chown -R 10002:10002 /data /config
COPY deploy/Caddyfile /etc/caddy/Caddyfile
USER 10002:10002

FROM python:3.11.14-slim-trixie AS app
# The programs of the database's version, for `manage.py backup` and `restore`.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends "postgresql-client-17=17.*" \
    && rm -rf /var/lib/apt/lists/*
RUN groupadd --gid 10001 refillwise \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin refillwise \
    && install -d -o 10001 -g 10001 -m 0700 /var/lib/refillwise/paper /var/lib/refillwise/audit
COPY --from=build /opt/venv /opt/venv
# The code is root's: the process can read it and not change it.
COPY --from=build /app /app
WORKDIR /app
ARG REVISION=unknown
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=config.settings \
    HOST=0.0.0.0 \
    PORT=8000 \
    REVISION=$REVISION
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/healthz', timeout=8)"]
CMD ["gunicorn", "--config", "python:config.gunicorn", "config.wsgi"]
