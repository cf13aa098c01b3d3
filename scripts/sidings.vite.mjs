// How Vite puts the modules of `sidings` together: to find and read one file for each takes a quarter of a start. What a command loads
// when it is called stays by itself, and so do packages.
import { root } from './lib.mjs';

export default {
  root,
  logLevel: 'warn',
  publicDir: false,
  build: {
    ssr: 'dist/cli/sidings.js',
    outDir: `${root}dist`,
    emptyOutDir: false,
    target: 'es2023',
    rolldownOptions: {
      // Two folders below the package, as the modules are: some find its files from where they are.
      output: { entryFileNames: 'cli/[name].js', chunkFileNames: 'chunks/[name]-[hash].js' },
    },
  },
};
