console.log('sequencer: nothing to run yet')
