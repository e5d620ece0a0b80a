-- additive
-- What people decided about an order that is not what its deal says: values they accepted, places that are not watched, whether it
-- is to be overwritten. And whether an order was found to differ, so that it is compared closely until it does no more.
alter table crosswalk.links add column decisions jsonb, add column suspect boolean not null default false;
