# The digest is that of node:24-bookworm-slim (24.18.1). `docker buildx imagetools inspect node:24-bookworm-slim` tells the newest.
FROM node:24-bookworm-slim@sha256:235600a8101ab264e117b1768e925532262668dc9b581ef1dd7d96ced463b8e7 AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY . .
# The Node that npm brings along is for machines without a recent one: the image has its own.
RUN npm run build && npm prune --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-*

FROM node:24-bookworm-slim@sha256:235600a8101ab264e117b1768e925532262668dc9b581ef1dd7d96ced463b8e7
ENV NODE_ENV=production CROSSWALK_HOST=0.0.0.0
WORKDIR /app
# Nothing is installed in a container that runs, and what can install is not needed there.
RUN rm -rf /usr/local/lib/node_modules /opt/yarn-* /usr/local/bin/npm /usr/local/bin/npx /usr/local/bin/corepack /usr/local/bin/yarn /usr/local/bin/yarnpkg
# All of it belongs to root, and is only read.
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY --from=build /app/bin ./bin
COPY --from=build /app/mappings ./mappings
COPY --from=build /app/config/tables ./config/tables
RUN mkdir -p /data /etc/crosswalk && chown 1000:1000 /data && chmod 700 /data
# The user `node` of the image, as a number: a cluster can see that it is not root.
USER 1000:1000
VOLUME /data
EXPOSE 8787
HEALTHCHECK --interval=15s --timeout=3s --start-period=20s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8787/healthz').then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/crosswalk.js", "--config", "/etc/crosswalk/config/crosswalk.yaml", "--home", "/data"]
CMD ["start"]
