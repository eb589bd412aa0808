# Ärendebot as an image: docker build -t arendebot . ; compose.yaml runs it with PostgreSQL and a TLS proxy before it.
# make image-check performs these very steps where no base image can be had.
ARG BASE=python:3.13-slim-trixie

FROM ${BASE} AS build
WORKDIR /srv/arendebot
COPY requirements.txt ./
# Without pip in the end: nothing can be installed into what runs.
RUN python3 -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt && .venv/bin/pip uninstall -y -q pip

FROM ${BASE}
# pg_dump, for backups of a PostgreSQL that is no newer than it.
RUN apt-get update && apt-get install -y --no-install-recommends postgresql-client && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --home-dir /srv/arendebot --no-create-home --shell /usr/sbin/nologin arendebot
RUN install -d -o arendebot -g arendebot -m 0700 /var/lib/arendebot /var/backups/arendebot
WORKDIR /srv/arendebot
COPY --from=build /srv/arendebot/.venv .venv
COPY bot bot
# Compiled here, since the root is read-only where it runs.
RUN .venv/bin/python -m compileall -q bot
ENV DATABASE_URL=sqlite:////var/lib/arendebot/case.db
ENV FILES_DIR=/var/lib/arendebot/files
ENV BACKUP_DIR=/var/backups/arendebot
ENV CATALOG=/srv/catalog
ENV HOST=0.0.0.0
USER arendebot
VOLUME ["/var/lib/arendebot", "/var/backups/arendebot"]
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/srv/arendebot/.venv/bin/python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/livez', timeout=4)"]
ENTRYPOINT ["/srv/arendebot/.venv/bin/python", "-m", "bot"]
CMD ["serve"]
