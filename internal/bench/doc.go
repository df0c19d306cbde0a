// Package bench measures the program against the physical limit of the machine it runs on: PostgreSQL's own load
// generator calling the very function that the program calls, in the same run on the same cluster.
//
// # Decisions
//
// Figures are ratios within one repetition, cells interleaved, the median over the repetitions: absolute rates move
// by a factor of three with what else the machine does. CPU time per operation is the steadiest of them.
//
// The server is a process of its own, so that its CPU is told from that of the load generator; the generator's is
// counted on neither side.
//
// Every measurement ends with the proof that the books still add up: drift is the number of control lines and
// balances that differ from their postings and must be 0.
package bench
