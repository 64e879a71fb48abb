FROM python:3.13-slim-trixie AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
# pip stays here: what the image takes along has neither pip nor setuptools in it
RUN python -m venv /tools && python -m venv --without-pip /venv
COPY requirements.lock requirements-traces.lock .
# `--build-arg TRACES=1`: with what OTEL_EXPORTER_OTLP_ENDPOINT needs
ARG TRACES=
# Wheels only: neither stage has a compiler.
RUN /tools/bin/pip --python /venv/bin/python install --require-hashes --only-binary :all: -r requirements.lock ${TRACES:+-r requirements-traces.lock}
COPY . .
# The names of the static files carry their hashes in production. These values end with this command.
RUN APP_ENV=production STATIC_ROOT=/app/static SECRET_KEY=unused WEBHOOK_SECRET=unused ALLOWED_HOSTS=unused \
    C2S_TOKEN=unused WORK_API=unused DIRETRIX_BASE_URL=https://unused DIRETRIX_USER=unused DIRETRIX_PASS=unused \
    DB_URL=postgres://unused@unused/unused \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0 \
    && /venv/bin/python -m compileall -q /app

FROM python:3.13-slim-trixie
# `manage.py backup` and `restore` need PostgreSQL's own programs, of the server's version; this Debian has those of 17
ARG POSTGRES_MAJOR=17
RUN apt-get update && apt-get install --yes --no-install-recommends postgresql-client-$POSTGRES_MAJOR \
    && rm -rf /var/lib/apt/lists/*
# /var/lib/c2s-enrich is for what must outlive the container: ERASURE_LOG
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin c2s \
    && install --directory --owner=c2s /var/lib/c2s-enrich
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    APP_ENV=production PORT=8081 STATIC_ROOT=/app/static DATA_DIR=/tmp/c2s-enrich
USER 10001
EXPOSE 8081
HEALTHCHECK --interval=10s --timeout=4s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=3)"]
# The web server. The worker is the same image with `python manage.py worker`.
CMD ["sh", "-c", "exec gunicorn c2s_enrich.wsgi --bind 0.0.0.0:$PORT --worker-class gthread --workers 2 --threads ${WEB_THREADS:-8} --no-control-socket --worker-tmp-dir /dev/shm --graceful-timeout 20 --timeout 60 --log-level warning"]
