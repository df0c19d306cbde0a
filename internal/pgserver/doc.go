// Package pgserver runs the private PostgreSQL of one machine: it finds the binaries, makes the cluster, starts it as
// a child of the program on a private socket, lets other commands join it, and stops it. It never deletes data.
//
// Linux only; elsewhere Open asks for DATABASE_URL. With DATABASE_URL nothing of this runs.
//
// # Decisions
//
// 2026-11-24: the postgres process is our child (not pg_ctl), stopped by SIGINT when the program dies in any way:
// Pdeathsig follows a thread, so one locked thread stays with it. Why: a forgotten server keeps files and sockets.
//
// 2026-11-24: no password anywhere; pg_ident maps the two operating system users (ours and the cluster's) to the roles.
//
// 2026-11-24: <data>/pg/<major>/PG_VERSION decides the version. Another major stops the start; nothing is converted
// silently, and no library that deletes a cluster of another version is used.
//
// 2026-11-24: whether postmaster.pid is alive is read from /proc/<pid>/cmdline: kill(pid, 0) is true for a zombie and
// for a number used again by somebody else.
package pgserver
