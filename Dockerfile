# The proxy as a container; docs/docker.md says how to run it.
# Any image with Node 20.19 or newer, npm and a user called node will do.
ARG NODE_IMAGE=node:22-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /opt/sidings
COPY package.json package-lock.json ./
# The page is built by Vite, whose engine is an optional package of each platform.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY scripts/build.mjs scripts/lib.mjs scripts/page.vite.mjs scripts/sidings.vite.mjs scripts/
COPY src src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM ${NODE_IMAGE}
# It is found among the containers that it looks at, and is none of anybody's services.
LABEL sidings.enable="false"
ENV NODE_ENV=production \
    SIDINGS_STATE_DIR=/state \
    SIDINGS_CERTS_DIR=/certs \
    SIDINGS_BIND=0.0.0.0
WORKDIR /opt/sidings
RUN mkdir /state /certs \
 && chown node:node /state /certs \
 && chmod 700 /certs \
 && ln -s /opt/sidings/dist/cli/sidings.js /usr/local/bin/sidings
COPY package.json CHANGELOG.md LICENSE ./
COPY config config
COPY scripts/health.mjs scripts/
COPY --from=build /opt/sidings/node_modules node_modules
COPY --from=build /opt/sidings/dist dist
USER node
VOLUME ["/state", "/certs"]
EXPOSE 80 443
HEALTHCHECK --interval=10s --timeout=10s --start-period=30s CMD ["node", "/opt/sidings/scripts/health.mjs"]
# Node is the first process, so that signals reach it.
ENTRYPOINT ["node", "/opt/sidings/dist/cli/sidings.js"]
CMD ["start"]
