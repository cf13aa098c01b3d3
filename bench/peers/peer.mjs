// A peer: `name`, `version()` (undefined where it is not installed), and `start({ folder, upstream, certificate })`, which gives
// `{ http, https, child }`: its ports on 127.0.0.1 (undefined where it does not speak that) and its process.

/** The hostname under which all of them lead to the upstream. */
export const hostname = 'project.web.localhost';
