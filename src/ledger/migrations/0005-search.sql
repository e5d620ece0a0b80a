-- additive
-- What people know a deal and its order by, beside their labels: customer, purchase order, articles; invoices, tracking numbers.
-- Each end's entries, one a line. Rows of earlier releases get theirs when the deal is read, and the order reported, next.
-- No index: parts of words are looked for, as in the labels, and an index for those needs an extension.
alter table crosswalk.links add column source_words text, add column target_words text;
