// Package identity knows who somebody is: accounts, passwords, second factors, sessions, and which roles a person
// was granted by whom.
//
// # Decisions
//
// 2026-11-24: sign-in is one form with login, password and code. Two steps would tell a thief that the password was
// right before the code is asked. A wrong login, a wrong password and a wrong code read alike and take alike long:
// an unknown login is checked against a hash nobody knows the password of.
//
// 2026-11-24: a code of six digits (TOTP, RFC 6238) is good for its step of 30 s, the one before and the one after,
// and once per person, at sign-in and step-up together. On a demonstration database the window is wider, so that
// somebody trying three roles and five decisions in a minute never waits; a code still works once.
//
// 2026-11-24: every role but applicant and signatory needs a confirmed second factor; without it such grants do not
// count. People without a factor confirm acts by password.
//
// 2026-11-24: the cookie holds 256 random bits, the table their SHA-256. The id changes at sign-in and at step-up; the
// one before serves requests under way for a minute. A proof of the second factor stays with its session, act and
// digest for five minutes, so that a repeated click needs no second code. The id after a step-up is an HMAC of the one
// before, the act, the content and the code under the server's key: two copies of one form get the same new id, whose
// answer ever arrives. A right code that has confirmed something else is refused and not counted as a guess.
//
// 2026-11-24: limits count failures in PostgreSQL, so that any number of servers share them: by account, by address,
// and by person for codes. A locked account answers like a wrong password would, with the time to wait.
//
// 2026-11-24: the secret of a factor is sealed with AES-256-GCM under the server's key, bound to its account; a copy
// of the database alone makes no codes.
//
// 2026-11-24: a grant is proposed by one person and approved by another. Only while no security officer can sign in
// does the command line grant alone, and the log says bootstrap.
package identity
