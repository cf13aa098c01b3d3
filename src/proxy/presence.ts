/**
 * Milliseconds of silence after which the kernel asks whether the other side of a connection is still there; ten seconds later, one that has
 * not answered is gone. A machine that is switched off or a network that is taken away says nothing: without it a body that was under way
 * would be waited for without end. It asks the other kernel and not the program, so one that takes its time, or stands in a debugger, or has
 * no event to send, may do so for as long as it likes.
 */
export const presenceMs = 60_000;
