/** All that a program needs to play the vectors through a proxy of its own: `bench/hostile.mjs` does. */
export { answerFamilies } from './answers/index.ts';
export { connecting, transports } from './doors.ts';
export { http2Families } from './http2/index.ts';
export { runHttp2 } from './http2/run.ts';
export { startRecorder } from './recorder.ts';
export { requestFamilies } from './requests/index.ts';
export { run } from './run.ts';
