export const trackingPlans = `
-- Which families there are is known to the types; a check would be one more place that every new family has to change.
alter table tenon.definitions drop constraint definitions_family_check;
`
