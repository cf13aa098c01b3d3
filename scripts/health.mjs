// The health check of the image: whether the daemon answers where its settings say. They are variables or a file, as flags are not seen here.
import { askDaemon } from '../dist/cli/sidings/daemon-client.js';
import { loadSettings } from '../dist/config/load.js';

const answer = await askDaemon('/api/workstreams', await loadSettings());
if (answer === undefined) console.error('sidings does not answer');
process.exit(answer === undefined ? 1 : 0);
