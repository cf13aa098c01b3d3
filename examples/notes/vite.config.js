import { defineConfig } from 'vite';

const port = process.env.WEB_PORT ?? '5173';

// What the page may know of the environment, and nothing else.
const environment = {
  API_URL: process.env.API_URL ?? 'http://localhost:8000',
  WEB_URL: process.env.WEB_URL ?? `http://localhost:${port}`,
  STACK_NAME: process.env.STACK_NAME ?? 'notes',
};

export default defineConfig({
  root: 'web',
  build: { outDir: '../dist', emptyOutDir: true },
  define: Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [`import.meta.env.${name}`, JSON.stringify(value)]),
  ),
  // strictPort: a taken port is an error. Without it Vite moves to the next one, which may belong to another copy.
  server: { port: Number(port), strictPort: true },
});
