-- Snapshots of the lake, newest first: when, which run, what was done.
select
    snapshot_id,
    snapshot_time,
    coalesce(commit_message, 'data files merged') as message,
    nullif(commit_extra_info, '') as run_id,
    changes::varchar as changes
from ducklake_snapshots('lake')
order by snapshot_id desc
