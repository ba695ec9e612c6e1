# Where there is no internet, --build-arg names what stands in: NODE_IMAGE, NPM_CONFIG_REGISTRY, DEBIAN_MIRROR.
ARG NODE_IMAGE=docker.io/library/node:24-trixie-slim

FROM ${NODE_IMAGE} AS build
# npm reads it by itself.
ARG NPM_CONFIG_REGISTRY
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build
# What only builds goes, and what is in the build already. The compiler stays otherwise, as a peer of tRPC for its types.
RUN npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund
RUN rm -rf node_modules/typescript node_modules/@mantine node_modules/@tabler node_modules/@fontsource-variable node_modules/.bin node_modules/.cache app server db/schema tools tsconfig.json *.config.*

FROM ${NODE_IMAGE}
ARG DEBIAN_MIRROR=http://deb.debian.org
# git and ssh, because InfraHub commits; tini, because a git that was killed leaves children that PID 1 has to bury.
RUN sed -i "s|http://deb.debian.org|${DEBIAN_MIRROR}|" /etc/apt/sources.list.d/debian.sources \
    && apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates git openssh-client tini \
    && rm -rf /var/lib/apt/lists/* /usr/local/lib/node_modules /usr/local/bin/npm /usr/local/bin/npx /opt/yarn-*
# Node trusts whom git trusts: /etc/ssl/certs, over which an organisation mounts its own CA.
ENV NODE_ENV=production
ENV NODE_OPTIONS=--use-openssl-ca
ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
WORKDIR /app
COPY --from=build /app ./
# A number, so that Kubernetes sees that it is not root; that of the image's `node`, as ssh wants a user with a name.
USER 1000:1000
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/healthz`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["tini", "--"]
CMD ["node", "build/infrahub/main.js"]
