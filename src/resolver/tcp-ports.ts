/** Ports inside of containers, and of programs without one, that speak something else than HTTP. */
export const tcpPorts: ReadonlySet<number> = new Set([
  22, 25, 389, 465, 587, 636, 1025, 1433, 1521, 1883, 2181, 2525, 3306, 4222, 5432, 5433, 5671, 5672, 6222, 6379, 6432,
  7687, 8883, 9042, 9092, 9093, 11211, 26257, 26379, 27017, 27018, 29092, 33060, 50051,
]);
