/*---
kind: view
batch: 3
time_colum: day
---*/
-- nothing yet
