# One image for the web and the worker. Build: docker build --tag invoiced .

FROM python:3.11.14-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
COPY requirements.txt ./
RUN python -m venv /venv && /venv/bin/pip install --require-hashes --requirement requirements.txt
COPY . .
# Collecting static files needs settings, though no secret: these are for this step and stay out of the image.
RUN SITE_URL=https://build.example EMAIL_URL=console: STATIC_ROOT=/app/static-collected DATA_DIR=/tmp/build \
    SECRET_KEY=only-for-collecting-static-files-0123456789-abcdefghijk \
    ENCRYPTION_KEYS=1:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8= \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM python:3.11.14-slim-bookworm
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin invoiced \
    && install --directory --owner invoiced --mode 0700 /data /log /sealer
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    DATA_DIR=/data STATIC_ROOT=/app/static-collected LISTEN=0.0.0.0:8000
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-m", "invoiced.health"]
CMD ["gunicorn", "--config", "python:invoiced.gunicorn"]
