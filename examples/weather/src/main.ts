console.log('weather: nothing to run yet')
