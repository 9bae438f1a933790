# Waypost as one image: `docker build -t waypost .`. compose.yaml starts it with PostgreSQL and Valkey.

FROM node:20-slim AS browser-sdk
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
COPY sdk/js sdk/js
RUN npm ci && mkdir -p server/waypost_server/sdk_static && npm run --silent build

FROM python:3.11-slim AS server
WORKDIR /src
COPY pyproject.toml README.md LICENSE requirements.lock ./
COPY server server
COPY sdk/python sdk/python
COPY --from=browser-sdk /src/server/waypost_server/sdk_static server/waypost_server/sdk_static
# The versions that were tested, as constraints: the lock also holds what only developers need.
RUN python3 -m venv /opt/waypost \
 && sed '/--hash=/d; s/ *\\$//' requirements.lock > constraints.txt \
 && /opt/waypost/bin/pip install -q --no-cache-dir --disable-pip-version-check -c constraints.txt . ./sdk/python

FROM python:3.11-slim
COPY --from=server /opt/waypost /opt/waypost
RUN useradd --system --uid 10001 --home-dir /var/lib/waypost --create-home waypost
ENV PATH=/opt/waypost/bin:$PATH PYTHONUNBUFFERED=1
USER waypost
WORKDIR /var/lib/waypost
EXPOSE 7400
ENTRYPOINT ["waypost"]
CMD ["web", "--host", "0.0.0.0"]
