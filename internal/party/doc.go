// Package party keeps who takes part: organisations with their tax code and first registration, the people who
// act for them, natural persons and groups without a firm, and facts about unrepaid state money.
//
// # Decisions
//
// A tax code (mã số thuế, MST) has 10 digits, or 13 for a branch (10 digits, an optional hyphen, 3 digits); a
// wrong check digit is refused. Where the formula gives 10, no one-digit check exists and the code passes with
// a warning. The code is stored in digits only, so that one firm is one row.
package party
