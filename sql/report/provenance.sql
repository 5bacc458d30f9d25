-- What made this report's numbers: the state of the store, versions of code and packages, platform,
-- device, and the settings in full.
-- parameters: study
with cohorts as (
    select distinct cohort_id from split where study_id = $study
),
edge as (
    from lineage_edge
    where (partition_key = $study or partition_key in (select cohort_id from cohorts))
        and computed > 0 and asset <> 'report'  -- what made rows, not what found them made
    qualify row_number() over (
        partition by asset, partition_key order by made_at desc, run_id
    ) = 1
),
last_run as (
    from run
    where run_id in (select run_id from edge)
    qualify row_number() over (order by started_at desc, run_id) = 1
),
package as (
    select name, versions->>('$."' || name || '"') as version
    from (
        select package_versions::json as versions, unnest(json_keys(package_versions::json)) as name
        from last_run
    )
),
rows (position, kind, name, value) as (
    select 1, 'store', 'snapshot', max(output_snapshot)::varchar from edge
    union all
    select 2, 'run', 'newest run', run_id from last_run
    union all
    select 2, 'run', 'started', started_at::varchar from last_run
    union all
    select 2, 'run', 'platform', platform from last_run
    union all
    select 3, 'version', 'hccer', hccer_version from last_run
    union all
    select 3, 'version', 'Python', python_version from last_run
    union all
    select 3, 'version', name, version from package
    union all
    select distinct 3, 'version', 'networks', packages
    from network
    where study_id = $study and packages is not null
    union all
    select distinct 4, 'device', fit_id, device from network where study_id = $study and fold = 0
    union all
    select distinct 5, 'seed', fit_id, random_state::varchar
    from network
    where study_id = $study and fold = 0
    union all
    select 5, 'seed', name, value
    from study_setting
    where study_id = $study and name like '%random_state'
    union all
    select 6, 'code', partition_key || ' ' || asset, code_version from edge
    union all
    select distinct 7, 'settings', step || ' ' || settings_id, text
    from settings semi join cohorts using (cohort_id)
    where list_contains(string_split(asked_by, ', '), 'study ' || $study)
    union all
    select 8, 'study', 'file', file_json from study where study_id = $study
)
select kind, name, value from rows where value is not null order by position, name, value
