// Package indicator keeps the 15 indicators of the plan's annex: what they mean, what the annex asks for in which
// year, and the measured values with their evidence.
//
// Words: chỉ tiêu (indicator), mục tiêu (target), mốc (milestone), thực hiện (actual), lộ trình (path), nguồn số
// liệu (data source).
//
// An entry moves proposed → verified → published; proposed or verified → rejected; published → restated when a
// newer row takes its place. Whoever proposed an entry does not verify it.
//
// Source: Kế hoạch 151/KH-UBND (02/12/2025), Phụ lục.
//
// # Decisions
//
// 2026-11-24: the path between two milestones is a straight line over time measured in years, a year and its
// elapsed months (2028 and nine months is 2028,75); for indicators counted anew each year it is the line's value at
// the calendar year × months elapsed / 12. Where the annex gives no value for 2025, the published value of 2025 is
// the start of the line; without one there is no path and the page says so. Reaching 100 % of the path is on
// track, 90 % at risk, less is behind; for a rank the share is path / value.
//
// 2026-11-24: plain values of the annex ("16%") are read as "at least", as the plan's text speaks of raising them;
// the page shows the annex word for word.
//
// 2026-11-24: indicator 8 is not typed by anyone: it is counted from published awards at the moment of reading,
// with the same count for public and staff. Everything else on the public page is published entries only, so both
// see the same numbers.
package indicator
