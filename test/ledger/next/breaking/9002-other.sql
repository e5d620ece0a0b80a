-- breaking: the story of a record has another name
alter table crosswalk.timeline rename column text to story;
