# syntax=docker/dockerfile:1

# Give these with a digest, `image:tag@sha256:…`, to build from what was checked.
ARG BUILD_IMAGE=node:24-trixie-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian13:nonroot

FROM ${BUILD_IMAGE} AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/npm-cache npm ci --cache /npm-cache
COPY tsconfig.json ./
COPY test/tools/bundle.ts test/tools/bundle-client-node.ts test/tools/
COPY generated generated
COPY src src
RUN npm run build

FROM ${BASE_IMAGE}
WORKDIR /app
COPY --from=build --chown=0:0 /src/dist/ /app/
USER 65532:65532
ENV NODE_ENV=production
ENTRYPOINT ["/nodejs/bin/node", "--disable-warning=ExperimentalWarning", "--disable-warning=DEP0040", "/app/avi-gateway.mjs"]
CMD ["--help"]
