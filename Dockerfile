# Obieg in a container: web server or worker. `migrate` and `collectstatic` come first (compose.yaml does it). Its
# stages call the scripts that `make run` calls.
FROM debian:12-slim AS base
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8
WORKDIR /srv/obieg
COPY scripts scripts
RUN apt-get update -q \
    && apt-get install -q -y --no-install-recommends python3 python3-venv ca-certificates \
    && scripts/install-system run \
    && rm -rf /var/lib/apt/lists/*

FROM base AS build
COPY requirements.txt ./
RUN scripts/make-venv run
COPY . .
RUN scripts/build-frontend \
    && .venv/bin/python scripts/compile-messages \
    && rm -rf node_modules
FROM base AS web
RUN useradd --system --uid 10001 --user-group --home-dir /srv/obieg-var --shell /usr/sbin/nologin obieg
COPY --from=build /srv/obieg /srv/obieg
RUN install -d -o obieg -g obieg -m 700 /srv/obieg-var
USER obieg
ENV PATH=/srv/obieg/.venv/bin:$PATH \
    DJANGO_SETTINGS_MODULE=config.settings.production \
    VAR=/srv/obieg-var HOST=0.0.0.0 PORT=8000
VOLUME /srv/obieg-var
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=12s --start-period=60s --retries=3 CMD ["python", "site/config/health.py"]
CMD ["python", "-m", "gunicorn", "--config", "site/config/gunicorn_conf.py"]
