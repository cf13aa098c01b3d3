import { defineConfig } from 'vite';

const port = process.env.WEB_PORT ?? '5173';

// What the page may know of the environment, and nothing else.
const environment = {
  API_URL: process.env.API_URL ?? 'http://localhost:8000',
  WEB_URL: process.env.WEB_URL ?? `http://localhost:${port}`,
  STACK_NAME: process.env.STACK_NAME ?? 'notes',
};

const apiProxy = process.env.API_PROXY;

export default defineConfig({
  root: 'web',
  cacheDir: process.env.VITE_CACHE,
  build: { outDir: '../dist', emptyOutDir: true },
  define: Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
  ),
  // strictPort: a taken port is an error. Without it Vite moves to the next one, which may belong to another copy.
  server: {
    host: process.env.WEB_HOST,
    port: Number(port),
    strictPort: true,
    // In a container the page asks for the API at /api, and Vite finds it by the name of its service.
    proxy: apiProxy && { '/api': { target: apiProxy, rewrite: (path) => path.replace(/^\/api/, '') } },
  },
});
